// Which rows of a long list are in view. Browsers cannot scroll heights of many millions of pixels, so that long
// lists are shrunk: the place of the bar is then a share, not a pixel.

/** Heights beyond this are cut by browsers. */
export const HEIGHT_MAX = 8_000_000;

export interface Window {
  first: number;
  last: number;
  /** Pixels above the first row. */
  offset: number;
  height: number;
}

export function windowOf(count: number, row: number, scrollTop: number, view: number, spare = 8): Window {
  const real = count * row;
  const height = Math.min(real, HEIGHT_MAX);
  const share = height > view ? scrollTop / (height - view) : 0;
  const top = real > HEIGHT_MAX ? share * (real - view) : scrollTop;
  const first = Math.max(0, Math.floor(top / row) - spare);
  const last = Math.min(count, Math.ceil((top + view) / row) + spare);
  const offset = real > HEIGHT_MAX ? scrollTop - (top - first * row) : first * row;
  return { first, last, offset: Math.max(0, offset), height };
}

/** Where to scroll so that a row stands in the middle. */
export function scrollTo(count: number, row: number, view: number, index: number): number {
  const real = count * row;
  const height = Math.min(real, HEIGHT_MAX);
  const wanted = Math.max(0, Math.min(real - view, index * row - view / 2));
  return real > HEIGHT_MAX ? (wanted / (real - view)) * (height - view) : wanted;
}
