// The worker that computes large layouts: begun with the page, so that it is there when the first run has arrived.

const make = () => new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
let spare: Worker | undefined;

export function beginWorker(): void {
  spare ??= make();
}

export function takeWorker(): Worker {
  const taken = spare ?? make();
  spare = undefined;
  return taken;
}
