/** A progress bar on a terminal; nothing where output goes to a file or a pipe. */
export interface ProgressBar {
  /** @param share done, 0 to 1; undefined when the end is not known. */
  show(share: number | undefined, text: string): void;
  end(): void;
}

const WIDTH = 30;
const EVERY_MS = 100;

export function progressBar(terminal: NodeJS.WriteStream, wanted: boolean): ProgressBar {
  if (!wanted || !terminal.isTTY) return { show: () => {}, end: () => {} };
  let lastMs = 0;
  return {
    show(share, text) {
      const nowMs = performance.now();
      if (nowMs - lastMs < EVERY_MS) return;
      lastMs = nowMs;
      const done = Math.round(Math.min(1, share ?? 0) * WIDTH);
      const bar =
        share === undefined
          ? ""
          : `${"█".repeat(done)}${"░".repeat(WIDTH - done)} ${Math.round(Math.min(1, share) * 100)} %  `;
      terminal.write(`\r\x1b[2K${bar}${text}`);
    },
    end() {
      terminal.write("\r\x1b[2K");
    },
  };
}
