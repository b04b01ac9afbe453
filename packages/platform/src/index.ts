export { adminFile } from './first-start.ts';
export { type ListenAddress, ListenError, parseListenAddress } from './listen-address.ts';
export { type RunningPlatform, type ServeOptions, serve } from './serve.ts';
export { DataDirectoryError } from './store/sqlite/data-directory.ts';
