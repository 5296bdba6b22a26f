"""settings.yaml: everything that determines the experiment but the data and the base."""

from datetime import date
from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from dreamcode.codec import first_complaint
from dreamcode.errors import InputError
from dreamcode.files import read_text
from dreamcode_training.config import PrmStageConfig, Section
from dreamcode_training.records import Split

SHIPPED = Path(__file__).with_name("settings.yaml")


class ProgramsConfig(Section):
    """Most programs of a problem."""

    train: int = Field(6, ge=1, description="so that no problem dominates")
    held: int = Field(24, ge=1, description="of validation and test problems")
    alike: int = Field(6, ge=1, description="of those whose programs all pass or all fail")


class Settings(Section):
    """The experiment's settings."""

    seed: int = Field(0, ge=0, description="seed of everything random")
    validation: date = Field(description="first contest day of validation problems")
    test: date = Field(description="first contest day of test problems")
    programs: ProgramsConfig = ProgramsConfig()
    prm: PrmStageConfig = PrmStageConfig()
    n: int = Field(6, ge=2, description="candidates of best-of-n")
    resamples: int = Field(1000, ge=100, description="draws of the bootstrap over problems")

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> "Settings":
        if self.validation >= self.test:
            raise ValueError(f"validation: {self.validation} must lie before test: {self.test}")
        return self

    def split(self, day: date) -> Split:
        """Who owns a problem of a contest of that day."""
        if day >= self.test:
            return "test"
        return "validation" if day >= self.validation else "train"


def read_settings(path: Path) -> Settings:
    """The file's settings.

    Raises:
        InputError: the file cannot be read or holds a wrong name or value.
    """
    try:
        return Settings.model_validate(yaml.safe_load(read_text(path)) or {})
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {first_complaint(error)}") from error
