import { Alert, Button, Group, Text } from '@mantine/core';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { messageOf } from '../admin-api/api-error.ts';

interface Props {
  /** What cannot be shown, for the sentence that says so. */
  readonly what: string;
  readonly children: ReactNode;
}

/** Keeps a fault within the part of the page that has it. */
export class ErrorBoundary extends Component<Props, { fault: unknown }> {
  override state: { fault: unknown } = { fault: undefined };

  static getDerivedStateFromError(fault: unknown): { fault: unknown } {
    return { fault: fault ?? new Error('unknown fault') };
  }

  override componentDidCatch(fault: unknown, info: ErrorInfo): void {
    console.error(`${this.props.what} cannot be shown`, fault, info.componentStack);
  }

  override render(): ReactNode {
    if (this.state.fault === undefined) return this.props.children;
    return (
      <Alert color="red" title={`${this.props.what} cannot be shown`} role="alert">
        <Text size="sm">This is a fault of the page: {messageOf(this.state.fault)}</Text>
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={() => this.setState({ fault: undefined })}>
            Try again
          </Button>
        </Group>
      </Alert>
    );
  }
}
