import type { Socket } from 'node:net';
import type { HttpProxy } from './proxy.ts';

// Far more than a proxy says before the tunnel is open.
const answerBytes = 16 * 1024;

/** Asks a proxy on a connected socket for a tunnel to HOST:PORT. Calls `done` once, with the error when it refuses. */
export function openTunnel(
  socket: Socket,
  target: string,
  proxy: HttpProxy,
  done: (error: Error | undefined) => void,
): void {
  let received = Buffer.alloc(0);
  const finish = (error?: Error) => {
    socket.off('readable', read);
    socket.off('error', finish);
    socket.off('end', ended);
    done(error);
  };
  const ended = () => finish(new Error(`the proxy ${proxy.host}:${proxy.port} hung up`));
  const read = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end !== -1) {
        const rest = received.subarray(end + 4);
        if (rest.length > 0) socket.unshift(rest);
        return finish(refusal(received.subarray(0, end).toString('latin1'), proxy));
      }
      if (received.length > answerBytes) return finish(new Error('the answer of the proxy has no end'));
    }
  };
  socket.on('readable', read);
  socket.once('error', finish);
  socket.once('end', ended);
  const authorization = proxy.authorization ? `Proxy-Authorization: ${proxy.authorization}\r\n` : '';
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
}

function refusal(head: string, proxy: HttpProxy): Error | undefined {
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(head)?.[1];
  if (status?.startsWith('2')) return undefined;
  const said = status === undefined ? 'what is not HTTP' : `with status ${status}`;
  return new Error(`the proxy ${proxy.host}:${proxy.port} answered ${said}`);
}
