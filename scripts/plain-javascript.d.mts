/** See plain-javascript.mjs. */
export function toPlainJavaScript(
  file: string,
  folder: string,
  packages?: "within" | "beside",
): Promise<string>;
