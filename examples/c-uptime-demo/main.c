/* Records every ten seconds how long the gateway has been up, in seconds, as the resource uptime.
 *
 * It posts to the gateway's message queue by itself, with nothing but POSIX sockets: the queue has the value on disk when
 * it answers 204, and delivers it when there is a network. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { INTERVAL = 10, KEY_LENGTH = 40 };

/* The gateway's key, from the engine: it obtains one when the gateway is activated, and may obtain another one later. */
static int read_key(char key[KEY_LENGTH + 1]) {
  FILE *gwe = popen("gwe -C", "r");
  if (gwe == NULL) return -1;
  size_t length = fread(key, 1, KEY_LENGTH, gwe);
  key[length] = '\0';
  /* What is left of the output, so that gwe does not write into a closed pipe. */
  while (fgetc(gwe) != EOF) continue;
  int status = pclose(gwe);
  return status == 0 && length == KEY_LENGTH && strspn(key, "0123456789abcdef") == KEY_LENGTH ? 0 : -1;
}

/* "http://127.0.0.1:8090" into host and port. */
static int split_address(const char *url, char host[64], char port[8]) {
  return sscanf(url, "http://%63[^:/]:%7[0-9]", host, port) == 2 ? 0 : -1;
}

static int connect_to(const char *host, const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) return -1;
  int connection = socket(AF_INET, SOCK_STREAM, 0);
  if (connection < 0) return -1;
  struct timeval limit = {.tv_sec = 10};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0) return connection;
  close(connection);
  return -1;
}

/* Posts one value; the status of the answer, or -1 when there was none. */
static int record(const char *host, const char *port, const char *key, long long when, double value) {
  char body[64];
  int length = snprintf(body, sizeof body, "alias=uptime&%lld=%.0f", when, value);
  char request[512];
  int size = snprintf(request, sizeof request,
                      "POST /onep:v1/stack/record HTTP/1.1\r\nHost: %s:%s\r\nX-Exosite-CIK: %s\r\n"
                      "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
                      host, port, key, length, body);
  if (size < 0 || (size_t)size >= sizeof request) return -1;
  int connection = connect_to(host, port);
  if (connection < 0) return -1;
  /* No SIGPIPE when the queue is just being restarted. */
  for (ssize_t sent = 0, now; sent < size; sent += now) {
    now = send(connection, request + sent, (size_t)(size - sent), MSG_NOSIGNAL);
    if (now <= 0) {
      close(connection);
      return -1;
    }
  }
  char answer[64];
  size_t got = 0;
  for (ssize_t now; got < sizeof answer - 1; got += (size_t)now) {
    now = recv(connection, answer + got, sizeof answer - 1 - got, 0);
    if (now <= 0) break;
  }
  close(connection);
  answer[got] = '\0';
  int status;
  return sscanf(answer, "HTTP/%*d.%*d %d", &status) == 1 ? status : -1;
}

static double uptime(void) {
  double seconds = -1;
  FILE *file = fopen("/proc/uptime", "r");
  if (file == NULL) return -1;
  if (fscanf(file, "%lf", &seconds) != 1) seconds = -1;
  fclose(file);
  return seconds;
}

int main(int count, char **words) {
  if (count == 2 && strcmp(words[1], "--version") == 0) {
    puts("c-uptime-demo 1");
    return 0;
  }
  /* A line at a time: the log is a pipe. */
  setvbuf(stdout, NULL, _IOLBF, 0);
  char host[64], port[8], key[KEY_LENGTH + 1];
  const char *queue = getenv("GMQ_URL");
  if (queue == NULL) queue = "http://127.0.0.1:8090";
  if (split_address(queue, host, port) != 0) {
    fprintf(stderr, "%s is no address of a queue, such as http://127.0.0.1:8090\n", queue);
    return 1;
  }
  for (long taken = 0;; sleep(INTERVAL)) {
    if (read_key(key) != 0) {
      puts("waiting for the gateway to be activated");
      continue;
    }
    double seconds = uptime();
    int status = record(host, port, key, (long long)time(NULL), seconds);
    if (status != 204)
      printf("uptime=%.0f was not taken by the queue at %s: status %d\n", seconds, queue, status);
    else if (++taken % 30 == 1)
      printf("uptime=%.0f, %ld values so far\n", seconds, taken);
  }
}
