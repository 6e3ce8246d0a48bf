/** Who sits at this browser: asked once, remembered here. */
const NAME_KEY = "lanewatch.name";

export function rememberedName(): string {
  return localStorage.getItem(NAME_KEY) ?? "";
}

export function rememberName(name: string): void {
  localStorage.setItem(NAME_KEY, name);
}
