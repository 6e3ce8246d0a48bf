/** A command of `lanewatch`, run in this process, and what it prints. */
import { vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/command-line.ts";

export async function told(words: readonly string[]): Promise<{ status: number; text: string }> {
  const printed: string[] = [];
  const keep = (text: unknown) => printed.push(String(text)) > 0;
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation(keep),
  );
  const status = await runCommandLine(words);
  for (const spy of spies) spy.mockRestore();
  return { status, text: printed.join("") };
}
