/*
 * What Debian's C++ library needs of glibc and musl does not have, so that an executable for musl can be started on Debian:
 * there is no C++ library for musl in it. On a system with musl none of this is needed. Loaded as glibc's dynamic linker,
 * which that library names as something it needs.
 */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;

size_t __strftime_l(char *to, size_t most, const char *format, const struct tm *tm, locale_t locale) {
  return strftime_l(to, most, format, tm, locale);
}

uint32_t arc4random(void) {
  uint32_t value = 0;
  getrandom(&value, sizeof value, 0);
  return value;
}

/* As <dlfcn.h> of glibc has it, for x86-64. */
struct dl_find_object {
  unsigned long long flags;
  void *map_start, *map_end;
  struct link_map *link_map;
  void *eh_frame;
  unsigned long long reserved[7];
};

struct search { uintptr_t address; struct dl_find_object *result; };

static int look(struct dl_phdr_info *info, size_t size, void *data) {
  struct search *search = data;
  uintptr_t low = UINTPTR_MAX, high = 0, frames = 0;
  int within = 0;
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_GNU_EH_FRAME) frames = start;
    if (part->p_type != PT_LOAD) continue;
    if (start < low) low = start;
    if (start + part->p_memsz > high) high = start + part->p_memsz;
    if (search->address >= start && search->address < start + part->p_memsz) within = 1;
  }
  if (!within || frames == 0) return 0;
  memset(search->result, 0, sizeof *search->result);
  search->result->map_start = (void *)low;
  search->result->map_end = (void *)high;
  search->result->eh_frame = (void *)frames;
  return 1;
}

int _dl_find_object(void *address, struct dl_find_object *result) {
  struct search search = {(uintptr_t)address, result};
  return dl_iterate_phdr(look, &search) ? 0 : -1;
}

/* Of libgcc_s itself, which has them under a version that musl does not look at. */
unsigned int __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }

struct ending { void (*call)(void *); void *object; struct ending *next; };
static _Thread_local struct ending *endings;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void end_thread(void *unused) {
  (void)unused;
  for (struct ending *each = endings; each; each = endings) {
    endings = each->next;
    each->call(each->object);
    free(each);
  }
}

static void make_key(void) { pthread_key_create(&key, end_thread); }

int __cxa_thread_atexit_impl(void (*call)(void *), void *object, void *library) {
  struct ending *ending = malloc(sizeof *ending);
  (void)library;
  if (!ending) return -1;
  *ending = (struct ending){call, object, endings};
  pthread_once(&once, make_key);
  pthread_setspecific(key, &endings);
  endings = ending;
  return 0;
}
