export { type ListenAddress, parseListenAddress } from './listen-address.ts';
export { type RunningPlatform, type ServeOptions, serve } from './serve.ts';
