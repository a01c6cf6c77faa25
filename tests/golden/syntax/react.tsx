import React, { useState } from "react";
import { Card } from "./card";
import * as ui from "./ui";

interface Props {
  title: string;
  onOpen?: (id: string) => void;
}

// Shows one line.
export const LineView: React.FC<Props> = ({ title, onOpen }) => {
  const [open, setOpen] = useState<boolean>(false);
  const rack = useRack();
  return (
    <Card title={title} onClick={() => setOpen(!open)}>
      <ui.Icon name={rack.icon} />
      <span className="title">{open ? title : null}</span>
    </Card>
  );
};

export default function Page(props: Props) {
  return <LineView {...props} />;
}
