/** See plain-javascript.mjs. */
export function toPlainJavaScript(file: string, folder: string): Promise<string>;
