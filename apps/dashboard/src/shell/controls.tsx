/*
 * The controls of all pages: those of React Aria, which bring keyboard, touch and screen readers, with our
 * labels, hints and looks (controls.css). A page uses these and no others.
 */
import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  Dialog as AriaDialog,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Modal,
  ModalOverlay,
  NumberField as AriaNumberField,
  Popover,
  Radio,
  RadioGroup,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Tab,
  TabList,
  TabPanel,
  Tabs as AriaTabs,
  Text,
  TextField as AriaTextField,
  Heading,
  type ButtonProps as AriaButtonProps,
  type Key,
} from 'react-aria-components';

interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style'> {
  /** `primary` for the one thing that a view is for, `danger` for what cannot be undone. */
  readonly variant?: 'primary' | 'danger' | 'plain';
}

export function Button({ variant = 'plain', ...props }: ButtonProps) {
  return <AriaButton {...props} className={`button ${variant}`} />;
}

interface FieldProps {
  readonly label: string;
  /** A sentence below the field. */
  readonly hint?: ReactNode;
  /** What is wrong with the value; shown instead of the hint. */
  readonly error?: string | undefined;
  readonly isDisabled?: boolean;
}

function Hints({ hint, error }: Pick<FieldProps, 'hint' | 'error'>) {
  return (
    <>
      {hint && error === undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="error">{error}</FieldError>
    </>
  );
}

export function TextField({
  label,
  hint,
  error,
  type = 'text',
  ...props
}: FieldProps & {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: 'text' | 'password' | 'search' | 'date';
  readonly autoComplete?: string;
  readonly autoFocus?: boolean;
}) {
  return (
    <AriaTextField {...props} type={type} isInvalid={error !== undefined} className="field">
      <Label>{label}</Label>
      <Input className="input" />
      <Hints hint={hint} error={error} />
    </AriaTextField>
  );
}

export function NumberField({
  label,
  hint,
  error,
  ...props
}: FieldProps & {
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly step?: number;
  readonly formatOptions?: Intl.NumberFormatOptions;
}) {
  return (
    <AriaNumberField {...props} isInvalid={error !== undefined} className="field">
      <Label>{label}</Label>
      <Input className="input number" />
      <Hints hint={hint} error={error} />
    </AriaNumberField>
  );
}

export interface Choice {
  readonly id: string;
  readonly name: string;
}

export function Select({
  label,
  hint,
  error,
  choices,
  value,
  onChange,
  ...props
}: FieldProps & {
  readonly choices: readonly Choice[];
  readonly value: string | undefined;
  readonly onChange: (id: string) => void;
}) {
  const select = (key: Key | null) => key !== null && onChange(String(key));
  return (
    <AriaSelect
      {...props}
      className="field"
      isInvalid={error !== undefined}
      value={value ?? null}
      onChange={select}
    >
      <Label>{label}</Label>
      <AriaButton className="input select">
        <SelectValue />
        <span aria-hidden="true">▾</span>
      </AriaButton>
      <Hints hint={hint} error={error} />
      <Popover className="popover">
        <ListBox items={choices} className="list-box">
          {({ id, name }) => (
            <ListBoxItem id={id} textValue={name} className="list-item">
              {name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export function Switch({
  children,
  ...props
}: {
  readonly children: ReactNode;
  readonly isSelected: boolean;
  readonly onChange: (isSelected: boolean) => void;
  readonly isDisabled?: boolean;
}) {
  return (
    <AriaSwitch {...props} className="switch">
      <span className="track" aria-hidden="true" />
      {children}
    </AriaSwitch>
  );
}

/** A dialog over the page; Escape and a press beside it close it. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
}: {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className="modal">
        <AriaDialog className="dialog">
          <Heading slot="title">{title}</Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** One of a few, all of them shown: for what is switched often. */
export function Segments({
  label,
  choices,
  value,
  onChange,
}: {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (id: string) => void;
}) {
  return (
    <RadioGroup
      aria-label={label}
      orientation="horizontal"
      className="segments"
      value={value}
      onChange={onChange}
    >
      {choices.map(({ id, name }) => (
        <Radio key={id} value={id} className="segment">
          {name}
        </Radio>
      ))}
    </RadioGroup>
  );
}

/** Views of one thing beside each other; arrow keys move between them. The view itself is shown below. */
export function Tabs({
  label,
  choices,
  value,
  onChange,
  children,
}: {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (id: string) => void;
  /** The view that is chosen. */
  readonly children: ReactNode;
}) {
  return (
    <AriaTabs selectedKey={value} onSelectionChange={(key) => onChange(String(key))}>
      <TabList aria-label={label} className="tab-list">
        {choices.map(({ id, name }) => (
          <Tab key={id} id={id} className="tab">
            {name}
          </Tab>
        ))}
      </TabList>
      <TabPanel key={value} id={value} className="tab-panel">
        {children}
      </TabPanel>
    </AriaTabs>
  );
}
