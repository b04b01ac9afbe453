export { prepareHome } from './home/prepare.ts';
