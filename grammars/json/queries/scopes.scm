[(object) (array)] @scope
