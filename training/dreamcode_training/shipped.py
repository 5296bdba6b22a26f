"""Configurations that ship, found by bare name: `dreamcode train --config miniature`."""

from pathlib import Path

from dreamcode.errors import InputError


def find_config(name: Path) -> Path:
    """The file that `--config` names: a path, or the name of a configuration that ships.

    Raises:
        InputError: `name` is neither.
    """
    if name.is_file() or name.suffix or name.parent != Path():
        return name  # whoever reads it says what is wrong with it
    shipped = list_configs()
    if name.name not in shipped:
        raise InputError(
            f"--config {name}: there is no such file, and no configuration of that name ships; "
            f"give a file, or one of {', '.join(shipped)}"
        )
    return shipped[name.name]


def list_configs() -> dict[str, Path]:
    """The configurations that ship, by name."""
    package = Path(__file__).parent
    # A wheel has them in the package, a clone beside it.
    folder = next(one for one in (package / "configs", package.parent / "configs") if one.is_dir())
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def describe_config(file: Path) -> str:
    """What a configuration says of itself in its first line."""
    return file.read_text("utf-8").partition("\n")[0].removeprefix("# ")
