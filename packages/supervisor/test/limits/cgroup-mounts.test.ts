import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findOwnCgroups } from '../../src/limits/cgroup-mounts.ts';

const mount = (root: string, point: string, type: string, options: string) =>
  `36 31 0:33 ${root} ${point} rw,relatime shared:9 - ${type} ${type} ${options}`;

test('on a machine with version 2 alone the own cgroup is the one of line 0::', () => {
  const own = findOwnCgroups(
    mount('/', '/sys/fs/cgroup', 'cgroup2', 'rw,nsdelegate'),
    '0::/system.slice/gateway-engine.service\n',
  );
  expect(own.unified).toBe('/sys/fs/cgroup/system.slice/gateway-engine.service');
  expect([...own.legacy]).toEqual([]);
});

test('on a hybrid machine the controllers are found in version 1, also mounted together', () => {
  const own = findOwnCgroups(
    [
      mount('/', '/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
      mount('/', '/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
      mount('/', '/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,name=systemd'),
      mount('/', '/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
    ].join('\n'),
    '9:name=systemd:/x\n4:memory:/a:b\n1:cpu,cpuacct:/\n0::/\n',
  );
  expect(own.unified).toBe('/sys/fs/cgroup/unified/');
  expect(Object.fromEntries(own.legacy)).toEqual({
    cpu: '/sys/fs/cgroup/cpu,cpuacct/',
    memory: '/sys/fs/cgroup/memory/a:b',
  });
});

test('in a container, where a part of the hierarchy is mounted, paths are taken from that part', () => {
  const docker = mount('/docker/abc', '/sys/fs/cgroup/memory', 'cgroup', 'rw,memory');
  expect(findOwnCgroups(docker, '4:memory:/docker/abc\n').legacy.get('memory')).toBe('/sys/fs/cgroup/memory');
  expect(findOwnCgroups(docker, '4:memory:/docker/abc/x\n').legacy.get('memory')).toBe(
    '/sys/fs/cgroup/memory/x',
  );
  expect(findOwnCgroups(docker, '4:memory:/elsewhere\n').legacy.get('memory')).toBe(undefined);
  expect(findOwnCgroups(docker, '4:memory:/docker/abc/../x\n').legacy.get('memory')).toBe(undefined);
});

test('blanks in a mount point are read as the kernel writes them', () => {
  const { unified } = findOwnCgroups(mount('/', '/my\\040groups', 'cgroup2', 'rw'), '0::/a\n');
  expect(unified).toBe('/my groups/a');
});

test('any text is read without an error', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (mountinfo, cgroup) => {
      findOwnCgroups(mountinfo, cgroup);
    }),
  );
});
