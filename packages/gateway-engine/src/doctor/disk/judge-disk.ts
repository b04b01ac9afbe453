import { formatAmount } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { isOutOfSpace, spareBytes } from '../../state/disk-space.ts';
import { codesOf } from '../error-codes.ts';
import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import type { DiskFacts, Space } from './disk-facts.ts';

/** An update needs room for its package, unpacked, beside what is left free. */
const comfortableBytes = 4 * spareBytes;
const fewInodes = 200;
const comfortableShare = 0.05;

const makeRoom =
  'make room: gwe logs --all shows who writes much; remove applications with gwe remove, and old files by hand';

/** Whether the home has room and can be written. */
export function judgeDisk({ home, space, write, reserve }: DiskFacts): Finding[] {
  if (!space) {
    const found = `there is no ${home}`;
    return [
      failed('disk.home', found, 'gwe enroll makes it; or set GWE_HOME to where the gateway was installed'),
      ...['space', 'inodes', 'write', 'reserve'].map((each) => skipped(`disk.${each}`, found)),
    ];
  }
  return [
    ok('disk.home', home),
    ...('error' in space
      ? cannotTell(home, space.error)
      : [judgeSpace(space.value), judgeInodes(space.value)]),
    judgeWrite(home, write),
    judgeReserve(reserve),
  ];
}

function cannotTell(home: string, error: unknown): Finding[] {
  const found = `${home}: ${describeError(error)}`;
  return [
    failed('disk.space', found, 'look at the disk: dmesg, and the mounts in /proc/mounts'),
    skipped('disk.inodes', found),
  ];
}

function judgeSpace({ size, available }: Space): Finding {
  const found = `${formatAmount(available)} of ${formatAmount(size)} are free`;
  if (available < spareBytes) return failed('disk.space', found, makeRoom);
  return available < comfortableBytes
    ? warning('disk.space', `${found}, little for an update`, makeRoom)
    : ok('disk.space', found);
}

function judgeInodes({ inodes, freeInodes }: Space): Finding {
  const name = 'disk.inodes';
  if (inodes === 0) return skipped(name, 'this file system does not count them');
  const found = `${freeInodes} of ${inodes} inodes are free`;
  const advice = 'something makes very many small files: find it with du --inodes, and remove them';
  if (freeInodes < fewInodes) return failed(name, found, advice);
  return freeInodes / inodes < comfortableShare ? warning(name, found, advice) : ok(name, found);
}

function judgeWrite(home: string, write: DiskFacts['write']): Finding {
  const name = 'disk.write';
  if (!write || 'value' in write) return ok(name, 'can be written');
  const { error } = write;
  const codes = codesOf(error);
  const found = `cannot be written: ${describeError(error)}`;
  if (codes.includes('EROFS')) {
    return failed(
      name,
      `the file system of ${home} is read-only`,
      'after an error of the disk the kernel makes it so (dmesg says which): have it checked, then mount -o remount,rw; a card that does this again is at its end',
    );
  }
  if (isOutOfSpace(error)) return failed(name, found, makeRoom);
  if (codes.includes('EACCES') || codes.includes('EPERM')) {
    return failed(name, found, 'run gwe doctor as the user of the engine, or as root');
  }
  return failed(name, found, 'look at the disk: dmesg, and the mounts in /proc/mounts');
}

function judgeReserve(reserve: boolean | undefined): Finding {
  const name = 'disk.reserve';
  if (reserve === undefined) return skipped(name, 'no engine has run in this home yet');
  return reserve
    ? ok(name, 'the reserve for a full disk is there')
    : warning(
        name,
        'the reserve for a full disk was given up, or there was no room for it',
        `${makeRoom}; with the next check-in it is made again`,
      );
}
