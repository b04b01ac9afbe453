"""Debian's supervisorctl, called once for each line of input, without the start of a Python for each."""
import sys

from supervisor.options import ClientOptions
from supervisor.supervisorctl import Controller

for line in iter(sys.stdin.readline, ''):
    options = ClientOptions()
    options.realize(sys.argv[1:] + line.split(), doc='')
    controller = Controller(options)
    controller.onecmd(' '.join(options.args))
    sys.stdout.write('\0%d\n' % controller.exitstatus)
    sys.stdout.flush()
