import type { DeployReply } from '@gateway-engine/platform/admin-api';
import { Alert, Button, Group, Input, NativeSelect, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useRef, useState } from 'react';
import type { Gateway } from '../admin-api/admin-api.ts';
import { messageOf } from '../admin-api/api-error.ts';
import { bytes } from '../format/quantity.ts';
import { Panel } from '../page/panel.tsx';
import { useServices } from '../page/services.tsx';
import { signatureText, signatureWarning } from './signature.ts';
import { parseTarballName, tarballNameRule } from './tarball-name.ts';

interface DeployPanelProps {
  readonly gateway: Gateway;
  readonly activated: boolean;
  readonly requested: (install: readonly string[], reply: DeployReply) => void;
}

/** Uploads a tarball, or takes one that is there, and asks the gateway to install it. */
export function DeployPanel({ gateway, activated, requested }: DeployPanelProps) {
  const { api } = useServices();
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const fileInput = useId();
  const [file, setFile] = useState<File>();
  const [uploaded, setUploaded] = useState('');
  const [sent, setSent] = useState<number>();
  const cancel = useRef<AbortController>(undefined);
  const { product } = gateway;
  const content = useQuery({
    queryKey: ['content', product],
    queryFn: ({ signal }) => api.content(product, signal),
    refetchInterval: 10_000,
  });
  const tarballs = (content.data?.content ?? [])
    .filter(({ id }) => parseTarballName(id) !== undefined)
    .toSorted((a, b) => b.updated - a.updated);
  const hint = tarballs.length > 0 ? 'choose…' : content.isError ? 'cannot be listed' : 'none yet';
  const misnamed = file !== undefined && parseTarballName(file.name) === undefined;
  const warning = misnamed ? undefined : signatureWarning({ file: file?.name, uploaded }, content.data);
  const replaced = file !== undefined && tarballs.some(({ id }) => id === file.name);

  const deploy = useMutation({
    mutationFn: async () => {
      if (file !== undefined) {
        cancel.current = new AbortController();
        setSent(0);
        try {
          await api.upload(product, file, setSent, cancel.current.signal);
        } finally {
          setSent(undefined);
        }
        await queries.invalidateQueries({ queryKey: ['content', product] });
      }
      const install = [file?.name ?? uploaded];
      return { install, reply: await api.deploy(gateway, install) };
    },
    onSuccess: ({ install, reply }) => {
      form.current?.reset();
      setFile(undefined);
      setUploaded('');
      requested(install, reply);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deploy.mutate();
  };
  const cancelled = deploy.error instanceof DOMException && deploy.error.name === 'AbortError';

  return (
    <Panel title="Deploy">
      <form onSubmit={submit} ref={form}>
        <Stack gap="sm">
          <Input.Wrapper
            label="Tarball"
            labelProps={{ htmlFor: fileInput }}
            error={misnamed && `${tarballNameRule}; this file is called ${file.name}.`}
            description={replaced && 'A file of this name is uploaded already; it will be replaced.'}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
          >
            <input
              id={fileInput}
              className="file"
              type="file"
              accept=".gz,application/gzip"
              disabled={deploy.isPending}
              aria-invalid={misnamed}
              onChange={(event) => {
                setFile(event.currentTarget.files?.[0]);
                setUploaded('');
                deploy.reset();
              }}
            />
          </Input.Wrapper>
          <NativeSelect
            label="or one already uploaded"
            value={uploaded}
            disabled={deploy.isPending || tarballs.length === 0}
            onChange={(event) => {
              // The reset, which empties the file input, empties this one as well.
              const chosen = event.currentTarget.value;
              form.current?.reset();
              setFile(undefined);
              setUploaded(chosen);
              deploy.reset();
            }}
            error={content.isError && messageOf(content.error)}
            data={[
              { value: '', label: hint },
              ...tarballs.map((tarball) => ({
                value: tarball.id,
                label: `${tarball.id} (${signatureText(tarball, content.data?.has_root === true)}${bytes(tarball.size)})`,
              })),
            ]}
          />
          {warning !== undefined && (
            <Alert color="orange" role="note" py="xs" title="Not signed">
              <Text size="sm">{warning}</Text>
            </Alert>
          )}
          {!activated && (
            <Text size="xs" c="dimmed">
              This gateway is not activated; it will find the request once it is.
            </Text>
          )}
          <Group gap="xs">
            <Button
              type="submit"
              size="sm"
              disabled={misnamed || (file === undefined && uploaded === '')}
              loading={deploy.isPending}
            >
              Deploy
            </Button>
            {sent !== undefined && (
              <Button size="sm" variant="default" onClick={() => cancel.current?.abort()}>
                Cancel upload
              </Button>
            )}
          </Group>
          {sent !== undefined && file !== undefined && <UploadProgress sent={sent} total={file.size} />}
          {deploy.isError && (
            <Alert color={cancelled ? 'gray' : 'red'} role="alert" py="xs" title="Nothing was deployed">
              <Text size="sm">{messageOf(deploy.error)}</Text>
            </Alert>
          )}
        </Stack>
      </form>
    </Panel>
  );
}

function UploadProgress({ sent, total }: { sent: number; total: number }) {
  const percent = total === 0 ? 100 : Math.min(100, (sent / total) * 100);
  return (
    <div>
      <Progress value={percent} size="sm" aria-label="Upload" />
      <Text size="xs" c="dimmed" mt={4} role="status">
        {percent < 100 ? `Uploading: ${bytes(sent)} of ${bytes(total)}` : 'Uploaded; the platform stores it…'}
      </Text>
    </div>
  );
}
