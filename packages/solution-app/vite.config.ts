import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

export default defineConfig(({ mode }) => {
  const platform = loadEnv(mode, '.', 'GWE_').GWE_PLATFORM_URL ?? 'http://127.0.0.1:8080';
  return {
    plugins: [react()],
    // Never a data: URL for an asset: a platform may serve the page with a strict content security policy.
    build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    // In development the page comes from Vite and the admin API from a running platform.
    server: { proxy: { '/api/v1': platform } },
  };
});
