// What keys do to a graph, and where the arrow keys lead: along the edges, and to what stands beside in the same layer.

import type { Scene } from './build';
import type { Layout } from './layout';

/** The keys that follow edges, that go against them, and those to the next and the last of the same layer. */
const KEYS = {
  down: { follow: 'ArrowDown', back: 'ArrowUp', next: 'ArrowRight' },
  across: { follow: 'ArrowRight', back: 'ArrowLeft', next: 'ArrowDown' },
} as const;

/** The box that a key leads to from another, or -1. */
export function neighbour(scene: Scene, layout: Layout, from: number, key: string): number {
  const { width, height, edges } = scene.drawing;
  const keys = layout.across ? KEYS.across : KEYS.down;
  const middle = (box: number) =>
    layout.across ? layout.y[box]! + height[box]! / 2 : layout.x[box]! + width[box]! / 2;
  let best = -1;
  let bestFar = Number.POSITIVE_INFINITY;
  const consider = (box: number) => {
    const far = Math.abs(middle(box) - middle(from));
    if (far < bestFar) {
      best = box;
      bestFar = far;
    }
  };
  if (key === keys.follow || key === keys.back) {
    for (let edge = 0; edge < edges.length; edge += 2) {
      const [a, b] = [edges[edge]!, edges[edge + 1]!];
      if (key === keys.follow && a === from) consider(b);
      if (key === keys.back && b === from) consider(a);
    }
    return best;
  }
  for (let box = 0; box < scene.items.length; box += 1) {
    if (layout.layer[box] !== layout.layer[from] || box === from) continue;
    if (key === keys.next ? middle(box) > middle(from) : middle(box) < middle(from)) consider(box);
  }
  return best;
}

/** What can be done to a graph by keys. */
export interface Walker {
  walk(arrow: string): void;
  /** Moves the picture. */
  pan(x: number, y: number): void;
  zoom(factor: number): void;
  whole(): void;
  fold(): void;
  leave(): void;
}

/** How far the picture moves with each press of an arrow key and Shift. */
const PAN_PX = 80;
const ARROWS: Record<string, [x: number, y: number]> = {
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
};

/** What a key does; nothing where it means something elsewhere. */
export function actOf(event: KeyboardEvent, walker: Walker): (() => void) | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const arrow = ARROWS[event.key];
  if (arrow) return event.shiftKey ? () => walker.pan(PAN_PX * arrow[0], PAN_PX * arrow[1]) : () => walker.walk(event.key);
  switch (event.key) {
    case '+':
    case '=':
      return () => walker.zoom(1.25);
    case '-':
      return () => walker.zoom(0.8);
    case '0':
      return () => walker.whole();
    case ' ':
      return () => walker.fold();
    case 'Escape':
      return () => walker.leave();
    default:
      return undefined;
  }
}
