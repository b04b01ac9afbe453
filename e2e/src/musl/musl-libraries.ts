import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's names of the processors, and of the dynamic linker that its libraries name. */
const names = {
  x64: { triple: 'x86_64-linux', linker: 'ld-linux-x86-64.so.2' },
  arm64: { triple: 'aarch64-linux', linker: 'ld-linux-aarch64.so.1' },
};

/**
 * Puts into a folder what an executable for musl needs beside Debian's package `musl`: the C++ library of this machine, and
 * what that lacks. To be named by LD_LIBRARY_PATH.
 */
export function layOutMuslLibraries(folder: string): void {
  const { triple, linker } = names[process.arch === 'arm64' ? 'arm64' : 'x64'];
  mkdirSync(folder);
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) {
    const [found] = globSync([`/usr/lib/${triple}-gnu/${name}`, `/lib/${triple}-gnu/${name}`]);
    if (found === undefined) throw new Error(`this machine has no ${name}`);
    copyFileSync(found, join(folder, name));
  }
  const machine = triple.slice(0, -'-linux'.length);
  symlinkSync(`/lib/ld-musl-${machine}.so.1`, join(folder, `libc.musl-${machine}.so.1`));
  const source = join(import.meta.dirname, 'glibc-remains.c');
  const shared = ['-shared', '-fPIC', '-O1', `-Wl,-soname,${linker}`];
  execFileSync('musl-gcc', [...shared, '-o', join(folder, linker), source], { stdio: 'pipe' });
}
