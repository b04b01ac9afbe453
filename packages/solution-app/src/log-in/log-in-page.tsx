import { Alert, Button, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { messageOf } from '../admin-api/api-error.ts';
import { Mark } from '../page/mark.tsx';
import { useServices } from '../page/services.tsx';

export function LogInPage() {
  const { api, sessions } = useServices();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const passwordInput = useRef<HTMLInputElement>(null);
  const logIn = useMutation({
    mutationFn: () => api.logIn(username, password),
    onSuccess: ({ token }) => sessions.begin({ token, username }),
    onError: () => passwordInput.current?.select(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    logIn.mutate();
  };
  return (
    <main className="log-in">
      <Paper withBorder radius="md" p="xl" className="panel">
        <form onSubmit={submit}>
          <Stack gap="md">
            <Mark size={40} />
            <Title order={1} size="h3">
              Gateway Engine
            </Title>
            {logIn.isError ? (
              <Alert color="red" role="alert" py="xs">
                {messageOf(logIn.error)}
              </Alert>
            ) : (
              sessions.hasEnded() && (
                <Alert color="yellow" role="status" py="xs">
                  Your session has ended. Log in again.
                </Alert>
              )
            )}
            <TextInput
              label="Username"
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              autoFocus
              required
              withAsterisk={false}
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
            />
            <TextInput
              label="Password"
              name="password"
              type="password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              ref={passwordInput}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" loading={logIn.isPending}>
              Log in
            </Button>
            <Text size="xs" c="dimmed">
              The first user’s name and password are in admin.json in the platform’s data directory.
            </Text>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
