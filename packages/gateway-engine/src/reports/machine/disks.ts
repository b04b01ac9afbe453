import { readFile, statfs } from 'node:fs/promises';
import type { DiskUse } from '@gateway-engine/device-api';

export interface Mount {
  readonly device: string;
  readonly place: string;
  readonly type: string;
}

const mostDisks = 32;
const longestText = 200;
const leastMemoryDisk = 1024 * 1024;

/** File systems without data of their own, and images, which are full by nature. */
const withoutData =
  /^(?:proc|sysfs|cgroup2?|devpts|devtmpfs|securityfs|pstore|bpf|debugfs|tracefs|configfs|fusectl|mqueue|hugetlbfs|autofs|binfmt_misc|nsfs|ramfs|rpc_pipefs|efivarfs|selinuxfs|squashfs|iso9660|erofs|cramfs|romfs|fuse\.snapfuse|fuse\.lxcfs)$/;
/** Asking one whose server has gone may take for ever. */
const ofNetwork = /^(?:nfs4?|cifs|smb3|smbfs|9p|afs|ceph|glusterfs|lustre|ocfs2|fuse\..+)$/;

/** The mounts of /proc/mounts that hold data, each device once: where it was mounted first. */
export function mountsWithData(text: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [device = '', place = '', type = ''] = line.split(' ').map(withoutEscapes);
    if (place === '' || withoutData.test(type) || ofNetwork.test(type)) continue;
    // Places of the kernel's own, whatever is mounted there.
    if (/^\/(?:proc|sys)\//.test(place)) continue;
    // A container's root; those of other containers lie below it, on the same disk.
    if (type === 'overlay' && place !== '/') continue;
    const identity = device.startsWith('/') ? device : `${type} ${place}`;
    if (!mounts.has(identity)) mounts.set(identity, { device, place, type });
  }
  return [...mounts.values()];
}

/** What the mounted file systems hold; those of the network are left out. */
export async function diskUse(file = '/proc/mounts'): Promise<DiskUse[]> {
  const disks: DiskUse[] = [];
  for (const mount of mountsWithData(await readFile(file, 'utf8'))) {
    if (disks.length === mostDisks) break;
    const use = await useOf(mount);
    if (use) disks.push(use);
  }
  return disks;
}

/** As `df -h` prints it. */
export function formatDisks(disks: readonly DiskUse[]): string {
  const lines = disks.map(({ device, mounted_on, size, used, available }) => {
    const share = Math.ceil((100 * used) / Math.max(1, used + available));
    return `${device} ${readable(size)} ${readable(used)} ${readable(available)} ${share}% ${mounted_on}`;
  });
  return ['Filesystem Size Used Avail Use% Mounted on', ...lines].join('\n');
}

async function useOf({ device, place, type }: Mount): Promise<DiskUse | undefined> {
  try {
    const { blocks, bfree, bavail, bsize } = await statfs(place);
    // In memory, and too small for anything but a program's marker or socket.
    if (blocks === 0 || (type === 'tmpfs' && blocks * bsize < leastMemoryDisk)) return undefined;
    return {
      device: device.slice(0, longestText),
      mounted_on: place.slice(0, longestText),
      type: type.slice(0, longestText),
      size: blocks * bsize,
      used: (blocks - bfree) * bsize,
      available: bavail * bsize,
    };
  } catch (error) {
    // A mount that went away between the two looks, one that this user may not see, or a disk that is broken.
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'EACCES', 'EPERM', 'EIO', 'ENODEV', 'ENOTCONN'].includes(code)) return undefined;
    throw error;
  }
}

/** Blanks and backslashes are written as octal numbers there. */
function withoutEscapes(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function readable(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T', 'P'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)}${units[unit]}`;
}
