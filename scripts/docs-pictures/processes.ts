import { box, pointMarker, svg, text } from './svg.ts';

const path = (d: string) => `<path class="line" d="${d}" marker-end="url(#point)"/>`;

/** What runs on a gateway and on the platform's side, and who speaks to whom. */
export function processesPicture(): string {
  const parts = [
    pointMarker,
    text(20, 32, 'What runs where', 'strong'),
    box(20, 52, 520, 292),
    text(36, 76, 'a gateway', 'strong'),
    box(40, 158, 130, 72, 'own'),
    text(105, 188, 'supervisor', 'strong middle'),
    text(105, 207, 'starts, watches', 'small middle'),
    box(250, 92, 270, 62, 'own'),
    text(266, 118, 'gwe, the engine', 'strong'),
    text(266, 138, 'checks in, installs, reports', 'small'),
    box(250, 182, 270, 62, 'own'),
    text(266, 208, 'gmq, the queue', 'strong'),
    text(266, 228, '127.0.0.1:8090; points are kept on disk', 'small'),
    box(250, 272, 270, 54),
    text(266, 296, 'your applications', 'strong'),
    text(266, 314, 'in any language; they write to gmq', 'small'),
    path('M170 180 H210 V123 H248'),
    path('M170 200 H248'),
    path('M170 216 H210 V299 H248'),
    path('M385 272 V246'),
    box(660, 52, 240, 292),
    text(676, 76, 'the platform', 'strong'),
    box(680, 92, 200, 152, 'own'),
    text(696, 118, 'gwe-platform', 'strong'),
    text(696, 140, 'device API: points, reports,', 'small'),
    text(696, 157, 'instructions, downloads', 'small'),
    text(696, 182, 'admin API: devices, content,', 'small'),
    text(696, 199, 'signatures, deploy', 'small'),
    box(680, 272, 200, 54, 'own'),
    text(696, 296, 'the page', 'strong'),
    text(696, 314, 'in the browser of an operator', 'small'),
    path('M780 272 V246'),
    path('M520 123 H678'),
    text(556, 115, 'check-in', 'small'),
    path('M520 213 H678'),
    text(556, 205, 'batches', 'small'),
  ];
  const description =
    'On a gateway the supervisor starts gwe, gmq and the applications. Applications write to gmq; gmq sends batches and gwe checks in to gwe-platform, whose page is in the browser.';
  return svg(
    { width: 920, height: 364 },
    { title: 'What runs on a gateway and on the platform', description },
    parts,
  );
}
