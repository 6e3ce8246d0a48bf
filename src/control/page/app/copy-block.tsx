import { useState } from "preact/hooks";

/** Text to paste elsewhere. Without a secure context there is no clipboard: then the text is selected instead. */
export function CopyBlock({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (event: Event) => {
    const block = (event.currentTarget as HTMLElement).parentElement?.querySelector("pre");
    if (navigator.clipboard === undefined) {
      if (block) getSelection()?.selectAllChildren(block);
      return;
    }
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <div class="copy-block">
      <pre>{text}</pre>
      <button type="button" class="quiet" onClick={copy}>
        {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}
