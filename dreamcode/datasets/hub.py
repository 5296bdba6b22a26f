"""Files of data sets on the model hub, kept in its local cache."""

from pathlib import Path

from dreamcode.errors import InfrastructureError


def download(repository: str, name: str) -> Path:
    """A file of a data set, from the cache if it is there.

    Raises:
        InfrastructureError: the file is not in the cache and cannot be downloaded.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(repository, name, repo_type="dataset"))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise InfrastructureError(
            f"cannot get {name} of {repository} from the model hub ({reason}); download it "
            "where there is a network and name the file or folder with --data (problems.path in "
            "training)"
        ) from error
