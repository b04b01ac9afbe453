import { createServer } from 'node:http';

// What no server on node:http can be faster than: it reads each request whole and answers 204, and stores nothing.
const server = createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    response.setHeader('Content-Length', 0);
    response.statusCode = 204;
    response.end();
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
