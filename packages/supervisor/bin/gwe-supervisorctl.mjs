#!/usr/bin/env node
import { launch } from '@gateway-engine/host/launch';

await launch(new URL('../src/control/main.ts', import.meta.url));
