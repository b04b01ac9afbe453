/** The folder of an npm package that only benchmarks need, installed on first use. */
export { npmPackage as peer } from '@gateway-engine/testkit';
