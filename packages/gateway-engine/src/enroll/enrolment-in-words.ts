import type { Enrolment } from './enroll.ts';
import { describeChange } from './wanted-identity.ts';

/** What has happened, and what is left to be done, a sentence each; why it is not activated is told as an error. */
export function enrolmentInWords(enrolment: Enrolment): string[] {
  const { home, prepared, changes, newServer, server, product, serial, activation, engine } = enrolment;
  const lines: string[] = [];
  if (prepared) lines.push(`The home ${home} was made.`);
  const settings = [...changes.map(describeChange), ...(newServer ? [`platform ${server}`] : [])];
  if (settings.length > 0) lines.push(`Configured: ${settings.join(', ')}.`);
  const who = `serial number ${JSON.stringify(serial)} of product ${JSON.stringify(product)} at ${server}`;
  if (activation === 'known') lines.push(`This gateway is ${who} already, and the platform accepts its CIK.`);
  if (activation === 'activated') {
    lines.push(`Activated: this gateway is ${who}. Its CIK is kept in ${home}/etc/Gateway.cfg.`);
  }
  if (engine?.kind === 'started') lines.push('The engine was started again and goes by this now.');
  if (engine?.kind === 'failed') {
    lines.push(`The engine could not be started again: ${engine.why}; gwe logs gwe says more.`);
  }
  if (engine?.kind === 'offline') {
    lines.push(
      `No supervisor runs. Start it, and with it the engine and the queue: gwe-supervisord -c ${home}/etc/supervisord.conf`,
    );
  }
  return lines;
}
