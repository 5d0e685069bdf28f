// Computes layouts beside the page, so that it never stands still.

import { type Drawing, layOut } from './layout';

self.onmessage = ({ data }: MessageEvent<{ number: number; drawing: Drawing; before: Map<string, number> }>) => {
  const layout = layOut(data.drawing, data.before);
  self.postMessage(
    { number: data.number, layout },
    {
      transfer: [layout.x.buffer, layout.y.buffer, layout.layer.buffer, layout.bendStart.buffer, layout.bends.buffer],
    },
  );
};
