export { prepareHome } from './home/prepare.ts';
export { installEngine } from './self-update/install-engine.ts';
