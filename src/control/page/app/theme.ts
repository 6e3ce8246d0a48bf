/** The colours of the style sheet, for what is drawn on a canvas. */
import { useEffect, useState } from "preact/hooks";

const NAMES = {
  text: "--text",
  muted: "--muted",
  grid: "--grid",
  accent: "--accent",
  series: "--series",
  reference: "--reference",
  page: "--page",
  warn: "--warn",
  category1: "--category-1",
  category2: "--category-2",
  category3: "--category-3",
  category4: "--category-4",
  category5: "--category-5",
  category6: "--category-6",
} as const;

export type Theme = Readonly<Record<keyof typeof NAMES, string>>;
export const CATEGORY_COLORS = [
  "category1",
  "category2",
  "category3",
  "category4",
  "category5",
  "category6",
] as const satisfies readonly (keyof Theme)[];

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    Object.entries(NAMES).map(([name, variable]) => [name, style.getPropertyValue(variable).trim()]),
  ) as Theme;
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    const follow = () => setTheme(readTheme());
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, []);
  return theme;
}
