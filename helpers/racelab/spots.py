"""Where a value is that the functions of a program share, and can be exchanged for another."""

from __future__ import annotations

from types import CellType, FunctionType
from typing import Any

__all__ = ["MISSING", "Attribute", "Cell", "Global", "Names", "Part", "Spot"]


class _Missing:
    """A value that is not there."""

    def __deepcopy__(self, memo: Any) -> _Missing:
        return self


MISSING = _Missing()


class Spot:
    """Where a value is.

    Attributes:
        key: equal for what is the same one.
        name: as the program writes it.
        value: with which each run begins.
        real: what it really has.
        may_stay: whether it stays what it is if that cannot be copied.
    """

    key: Any
    name: str
    may_stay = False
    value: Any = None
    real: Any = None

    def get(self) -> Any:
        """Return what it has now."""
        raise NotImplementedError

    def set(self, value: Any) -> None:
        """Give it another value."""
        raise NotImplementedError

    def first(self) -> Any:
        """Return what it has when the lab is put up."""
        return self.get()

    def is_data(self) -> bool:
        """Return whether it is a value, not a function or a class of the standard library's."""
        return not callable(self.value) and self.get() is not MISSING


class Global(Spot):
    """A name of a module.

    Args:
        names: of the module.
        variable: the one that it is.
        name: as the program writes it.
    """

    def __init__(self, names: dict[str, Any], variable: str, name: str = "") -> None:
        self.names, self.variable, self.key = names, variable, (id(names), variable)
        self.name = name or variable

    def get(self) -> Any:
        """Return what it has now."""
        return self.names.get(self.variable, MISSING)

    def set(self, value: Any) -> None:
        """Give it another value."""
        if value is MISSING:
            self.names.pop(self.variable, None)
        else:
            self.names[self.variable] = value


class Cell(Spot):
    """A variable of a function that another one within it uses."""

    def __init__(self, cell: CellType, name: str) -> None:
        self.cell, self.name, self.key = cell, name, id(cell)

    def get(self) -> Any:
        """Return what it has now."""
        return self.cell.cell_contents

    def set(self, value: Any) -> None:
        """Give it another value."""
        self.cell.cell_contents = value


class Attribute(Spot):
    """An attribute of a class, or the defaults of a function."""

    def __init__(self, owner: type | FunctionType, name: str) -> None:
        self.owner, self.attribute, self.key = owner, name, (id(owner), name)
        self.name = f"{owner.__name__}.{name}"

    def get(self) -> Any:
        """Return what it has now."""
        if isinstance(self.owner, type):
            return vars(self.owner)[self.attribute]
        return getattr(self.owner, self.attribute)

    def set(self, value: Any) -> None:
        """Give it another value."""
        if isinstance(self.owner, type):  # whatever its own class thinks of that, as an Enum's
            type.__setattr__(self.owner, self.attribute, value)
        else:
            setattr(self.owner, self.attribute, value)

    def is_data(self) -> bool:
        """Return whether it is a value, not a function or a class of the standard library's."""
        return isinstance(self.owner, type) and super().is_data()


class Names(Spot):
    """All that a function has as attributes; or of a class which ones it has."""

    def __init__(self, owner: type | FunctionType) -> None:
        self.owner, self.key, self.name = owner, (id(owner), ""), owner.__name__

    def get(self) -> Any:
        """Return what it has now."""
        return vars(self.owner) if isinstance(self.owner, FunctionType) else None

    def first(self) -> Any:
        """Return what it has when the lab is put up."""
        names = vars(self.owner)
        return dict(names) if isinstance(self.owner, FunctionType) else {*names}

    def set(self, value: Any) -> None:
        """Give it another value."""
        if isinstance(self.owner, FunctionType):
            names = vars(self.owner)
            if names or value:
                names.clear()
                names.update(value)
        elif len(vars(self.owner)) > len(value):
            for name in {*vars(self.owner)} - value:
                if not name.startswith("__"):
                    type.__delattr__(self.owner, name)

    def is_data(self) -> bool:
        """Return whether it is a value, not a function or a class of the standard library's."""
        return False


class Part(Spot):
    """What belongs to an object that itself stays what it is.

    As a function of the program does, which may be a method, of an object that changes.

    Args:
        parts: of the object.
        which: of them.
    """

    may_stay = True

    def __init__(self, parts: Any, which: str | int) -> None:
        self.parts, self.which, self.key, self.name = parts, which, (id(parts), which), str(which)

    def get(self) -> Any:
        """Return what it has now."""
        return self.parts[self.which]

    def set(self, value: Any) -> None:
        """Give it another value."""
        self.parts[self.which] = value

    def is_data(self) -> bool:
        """Return whether it has a name in the program: it has none."""
        return False
