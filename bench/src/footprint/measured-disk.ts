import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A file system (ext4) of its own in a file, whose device counts what is written to it, the journal included. */
export class MeasuredDisk implements Disposable {
  readonly path: string;
  readonly #device: string;

  /** Needs root rights. */
  constructor(folder: string, bytes: number) {
    const image = join(folder, 'disk.img');
    this.path = join(folder, 'disk');
    writeFileSync(image, '');
    truncateSync(image, bytes);
    execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image]);
    mkdirSync(this.path);
    execFileSync('mount', ['-o', 'loop', image, this.path]);
    const source = execFileSync('findmnt', ['-no', 'SOURCE', this.path], { encoding: 'utf8' }).trim();
    this.#device = basename(source);
  }

  /** Bytes that have been written to the device, once all that waits in memory is there. */
  written(): number {
    execFileSync('sync', ['--file-system', this.path]);
    const fields = readFileSync(`/sys/block/${this.#device}/stat`, 'utf8').trim().split(/\s+/);
    return Number(fields[6]) * 512;
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.path]);
  }
}
