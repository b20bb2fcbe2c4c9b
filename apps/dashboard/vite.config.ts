import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression, defineAlgorithm } from 'vite-plugin-compression2';

/** A service to develop against: `vite apps/dashboard` hands on to it whatever is not a file of the page. */
const service = process.env.ADSCALE_URL ?? 'http://127.0.0.1:8000';
const routes =
  '^/(predict_ctr|explain|stats|models|monitoring|outcomes|decisions|experiments|health|metrics|training|whoami|docs|rank|bid|forecast|compare|allocate|opportunities|curve)';

export default defineConfig({
  // Relative, so that a proxy may serve the page below a path of its own.
  base: './',
  plugins: [
    react(),
    compression({ algorithms: [defineAlgorithm('brotliCompress'), defineAlgorithm('gzip')] }),
  ],
  build: {
    target: 'es2022',
    // The policy of the page allows no data: scripts or styles, and small files are not worth an exception.
    assetsInlineLimit: 0,
    // A few kilobytes: apart, those of a page would not be asked for again once they could not be had.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { [routes]: service } },
});
