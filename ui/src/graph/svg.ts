// A pen that writes SVG, so that the picture that is kept is the one that was seen.

import type { Pen } from './pen';

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? char);
const number = (value: number): string => String(Math.round(value * 100) / 100);

export class SvgPen implements Pen {
  fillStyle: Pen['fillStyle'] = '#000';
  strokeStyle: Pen['strokeStyle'] = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'middle';
  #path: string[] = [];
  #dash = '';
  readonly #parts: string[] = [];

  beginPath(): void {
    this.#path = [];
  }
  moveTo(x: number, y: number): void {
    this.#path.push(`M${number(x)} ${number(y)}`);
  }
  lineTo(x: number, y: number): void {
    this.#path.push(`L${number(x)} ${number(y)}`);
  }
  bezierCurveTo(a: number, b: number, c: number, d: number, x: number, y: number): void {
    this.#path.push(`C${[a, b, c, d, x, y].map(number).join(' ')}`);
  }
  /** Only whole circles are asked for. */
  arc(x: number, y: number, r: number): void {
    this.#path.push(`M${number(x - r)} ${number(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`);
  }
  closePath(): void {
    this.#path.push('Z');
  }
  setLineDash(dash: number[]): void {
    this.#dash = dash.length ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  }
  fill(): void {
    this.#parts.push(`<path d="${this.#path.join('')}" fill="${escape(String(this.fillStyle))}"${this.#alpha()}/>`);
  }
  stroke(): void {
    this.#parts.push(
      `<path d="${this.#path.join('')}" fill="none" stroke="${escape(String(this.strokeStyle))}" stroke-width="${number(this.lineWidth)}"${this.#dash}${this.#alpha()}/>`,
    );
  }
  fillText(text: string, x: number, y: number): void {
    const [, weight = '400', size = '12'] = /^(\d+) ([\d.]+)px/.exec(this.font) ?? [];
    const anchor = this.textAlign === 'right' ? 'end' : 'start';
    this.#parts.push(
      `<text x="${number(x)}" y="${number(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" dominant-baseline="central" fill="${escape(String(this.fillStyle))}"${this.#alpha()}>${escape(text)}</text>`,
    );
  }
  document(width: number, height: number, ground: string): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${Math.ceil(height)}" font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="${ground}"/>${this.#parts.join('')}</svg>`;
  }
  #alpha(): string {
    return this.globalAlpha === 1 ? '' : ` opacity="${number(this.globalAlpha)}"`;
  }
}
