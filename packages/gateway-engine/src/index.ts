export { type HomeLayout, homeLayout } from './home/layout.ts';
export { type HomePlan, prepareHome } from './home/prepare.ts';
