// The shapes of states, as `parts/State.svelte` draws them elsewhere.

import type { Look } from '../phase';
import type { Palette, Pen } from './pen';

type Point = [number, number];

/** What is cut out of a shape, or stands in a ring: strokes, each from point to point. */
const STROKES: Record<Look, Point[][]> = {
  succeeded: [[[-3, 0.3], [-0.8, 2.6], [3.2, -2.4]]],
  failed: [
    [[-2.6, -2.6], [2.6, 2.6]],
    [[2.6, -2.6], [-2.6, 2.6]],
  ],
  error: [
    [[0, -2.4], [0, 1.6]],
    [[0, 3.8], [0, 4.4]],
  ],
  waiting: [
    [[-1.9, -3], [-1.9, 3]],
    [[1.9, -3], [1.9, 3]],
  ],
  running: [],
  pending: [[[0, -3.2], [0, 0], [2.4, 1.6]]],
  quiet: [[[-2.6, 0], [2.6, 0]]],
};

/** The corners of shapes that are full; a success is a disc, and what is not over a ring. */
const CORNERS: Partial<Record<Look, Point[]>> = {
  failed: [[-3, -7], [3, -7], [7, -3], [7, 3], [3, 7], [-3, 7], [-7, 3], [-7, -3]],
  error: [[0, -7.2], [7.4, 6.4], [-7.4, 6.4]],
  waiting: [[-6, -6], [6, -6], [6, 6], [-6, 6]],
};

/** Draws the shape of a state around a place. */
export function drawShape(pen: Pen, look: Look, planned: boolean, x: number, y: number, colours: Palette): void {
  const colour = colours.looks[look];
  const path = (points: Point[]) => {
    pen.beginPath();
    points.forEach(([dx, dy], at) => (at === 0 ? pen.moveTo(x + dx, y + dy) : pen.lineTo(x + dx, y + dy)));
  };
  const circle = (radius: number) => {
    pen.beginPath();
    pen.arc(x, y, radius, 0, Math.PI * 2);
  };
  pen.lineWidth = 1.6;
  pen.fillStyle = colour;
  pen.strokeStyle = colour;
  if (planned) {
    pen.setLineDash([2, 2]);
    circle(6);
    pen.stroke();
    pen.setLineDash([]);
    return;
  }
  const corners = CORNERS[look];
  if (corners) {
    path(corners);
    pen.closePath();
    pen.fill();
  } else if (look === 'succeeded') {
    circle(7);
    pen.fill();
  } else {
    circle(6);
    pen.stroke();
  }
  if (look === 'running') {
    circle(2.6);
    pen.fill();
  }
  if (corners || look === 'succeeded') pen.strokeStyle = colours.surface;
  for (const stroke of STROKES[look]) {
    path(stroke);
    pen.stroke();
  }
}
