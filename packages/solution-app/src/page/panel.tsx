import { Group, Paper, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

interface PanelProps {
  /** Heading and accessible name of the region. */
  readonly title: string;
  /** Beside the heading: when the content is from, controls. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** One part of a page, with a heading. */
export function Panel({ title, aside, children }: PanelProps) {
  const heading = useId();
  return (
    <Paper component="section" withBorder radius="md" aria-labelledby={heading} className="panel">
      <Group justify="space-between" gap="xs" mb="sm" mih={28}>
        <Title order={2} size="h5" id={heading}>
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </Paper>
  );
}
