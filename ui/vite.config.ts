import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Addresses of files stay relative to `<base href>`, so that the pages work under any sub-path.
export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // The folder above stays in the checkout, so that cargo sees when pages come and go.
    outDir: 'dist/pages',
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    modulePreload: { polyfill: false },
    // What every page needs is one file, not a dozen small ones.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'app', tags: ['$initial'] },
            // So is what a run opens with: browsers ask for six files at a time, and its changes take one of the six.
            { name: 'run', test: /src\/(pages\/Run\.|graph\/(?!worker)|run\/(store|model|columns|tree|plan|tabs)\.|parts\/(Menu|Linked)\.|links)/ },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': process.env['TIPHYS_SERVER'] ?? 'http://127.0.0.1:2746' } },
  test: { include: ['src/**/*.test.ts'] },
});
