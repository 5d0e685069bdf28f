// Computes layouts beside the page, so that it never stands still.

import { type Drawing, layOut } from './layout';
import { shelve } from './shelf';

interface Asked {
  number: number;
  drawing: Drawing;
  before: Float32Array | undefined;
  across: boolean;
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const layout = layOut(data.drawing, data.before, data.across);
  const shelf = shelve(data.drawing, layout);
  const { x, y, layer, bendStart, bends } = layout;
  const { boxes, boxLefts, edges, edgeLefts } = shelf;
  const transfer = [x, y, layer, bendStart, bends, boxes, boxLefts, edges, edgeLefts].map(({ buffer }) => buffer);
  self.postMessage({ number: data.number, layout, shelf }, { transfer });
};
