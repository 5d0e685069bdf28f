// What a hand does to a picture: it drags, pinches, turns a wheel, points and clicks.

/** What gestures mean; places are those within the frame. */
export interface Meaning {
  /** The picture moves by so many pixels. */
  pan(x: number, y: number): void;
  zoom(factor: number, x: number, y: number): void;
  point(place: { x: number; y: number } | undefined): void;
  click(x: number, y: number): void;
  /** A hand lets go. */
  rest(): void;
}

/** A pointer that moves less is a click with an unsteady hand. */
const STILL_PX = 4;
/** Wheels turn in steps of at least this; trackpads glide in smaller ones. */
const WHEEL_STEP_PX = 100;

export class Gestures {
  #means: Meaning;
  #drag: { x: number; y: number; moved: boolean } | undefined;
  #fingers = new Map<number, { x: number; y: number }>();
  #pinch = 0;

  constructor(means: Meaning) {
    this.#means = means;
  }

  /** Somebody drags the picture now. */
  get dragging(): boolean {
    return Boolean(this.#drag?.moved);
  }

  pressed = (event: PointerEvent): void => {
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.#fingers.size === 1) this.#drag = { x: event.clientX, y: event.clientY, moved: false };
    else {
      this.#drag = undefined;
      this.#pinch = this.#apart();
    }
  };

  moved = (event: PointerEvent): void => {
    const place = { x: event.offsetX, y: event.offsetY };
    if (this.#fingers.has(event.pointerId)) this.#fingers.set(event.pointerId, place);
    const [a, b] = [...this.#fingers.values()];
    if (a && b) {
      const now = this.#apart();
      if (this.#pinch > 0) this.#means.zoom(now / this.#pinch, (a.x + b.x) / 2, (a.y + b.y) / 2);
      this.#pinch = now;
      return;
    }
    if (!this.#drag) {
      this.#means.point(place);
      return;
    }
    const [x, y] = [event.clientX - this.#drag.x, event.clientY - this.#drag.y];
    if (!this.#drag.moved && Math.hypot(x, y) < STILL_PX) return;
    this.#drag = { x: event.clientX, y: event.clientY, moved: true };
    this.#means.pan(x, y);
  };

  released = (event: PointerEvent): void => {
    this.#fingers.delete(event.pointerId);
    const clicked = this.#drag && !this.#drag.moved && event.type !== 'pointercancel';
    this.#drag = undefined;
    this.#means.rest();
    if (clicked) this.#means.click(event.offsetX, event.offsetY);
  };

  left = (): void => this.#means.point(undefined);

  wheeled = (event: WheelEvent): void => {
    event.preventDefault();
    const isStep =
      !event.shiftKey &&
      event.deltaMode === 0 &&
      Math.abs(event.deltaY) > Math.abs(event.deltaX) &&
      Math.abs(event.deltaY) >= WHEEL_STEP_PX;
    if (event.ctrlKey || event.metaKey || isStep)
      this.#means.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.offsetX, event.offsetY);
    else if (event.shiftKey) this.#means.pan(-event.deltaY, 0);
    else this.#means.pan(-event.deltaX, -event.deltaY);
  };

  #apart(): number {
    const [a, b] = [...this.#fingers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }
}
