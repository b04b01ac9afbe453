import { housePicture } from './house.ts';
import { installStatesPicture } from './install-states.ts';
import { datapoint, update } from './journeys.ts';
import { processesPicture } from './processes.ts';
import { sequencePicture } from './sequence.ts';

/** The pictures that are drawn, by their name in docs/pictures. */
export const drawnPictures: Readonly<Record<string, () => string>> = {
  'house.svg': housePicture,
  'install-states.svg': installStatesPicture,
  'processes.svg': processesPicture,
  'datapoint.svg': () => sequencePicture(datapoint),
  'update.svg': () => sequencePicture(update),
};
