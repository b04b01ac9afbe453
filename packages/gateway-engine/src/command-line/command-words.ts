export { runWords } from '@gateway-engine/host/command-line';
