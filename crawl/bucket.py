"""Buckets through obstore, and what is wrong when they refuse: in a few words, with what to set.

Credentials, region and endpoint come from the usual variables (AWS_…, GOOGLE_…, AZURE_…; AWS_SKIP_SIGNATURE=true for
buckets that are open to all).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from obstore.store import ObjectStore, from_url

from gristmill.crawl.manners import RETRY_STATUS, user_agent

_RETRIES = 4
_RETRY_SECONDS = 30
_STATUS = re.compile(r"status code: (\d{3})( [A-Z][A-Za-z ]*)?")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,200}?)\.?</Message>")
_METADATA_SERVICE = ("169.254.169.254", "metadata.google.internal")  # asked where no variable names credentials
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_ENDPOINTS = {"s3": "AWS_ENDPOINT_URL", "gs": "GOOGLE_BASE_URL", "az": "AZURE_STORAGE_ENDPOINT"}
_REMEDIES = {
    "InvalidAccessKeyId": "check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "check AWS_SECRET_ACCESS_KEY",
    **dict.fromkeys(
        ("ExpiredToken", "InvalidToken", "TokenRefreshRequired"),
        "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew",
    ),
    "RequestTimeTooSkewed": "set this machine's clock",
    "NoSuchBucket": "check the bucket's name",
    **dict.fromkeys(
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect"),
        "set AWS_REGION to the region that the bucket is in",
    ),
}


def open_bucket(url: str, contact: str = "") -> tuple[ObjectStore, str]:
    """The bucket of a URL (s3://, gs://, az://), and the key."""
    parts = urlsplit(url)
    options: dict[str, Any] = {
        "client_options": {"allow_http": True, "user_agent": user_agent(contact)},
        "retry_config": {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
    }
    return from_url(f"{parts.scheme}://{parts.netloc}", **options), parts.path.lstrip("/")


@dataclass(frozen=True)
class Trouble:
    """Why a bucket gives nothing.

    Attributes:
        said: what happened.
        remedy: what to do about it.
        passing: whether asking again may help.
    """

    said: str
    remedy: str
    passing: bool

    def __str__(self) -> str:
        return f"{self.said}; {self.remedy}"


def trouble_of(url: str, error: Exception) -> Trouble:
    """What an error of obstore's means; their classes do not tell, their texts quote the bucket's answer."""
    text = str(error).partition("Debug source")[0].strip()
    scheme = url.partition(":")[0].lower()
    credentials, endpoint = _CREDENTIALS.get(scheme, "the credentials"), _ENDPOINTS.get(scheme, "the endpoint")
    anybody = ", or AWS_SKIP_SIGNATURE=true where anybody may read" if scheme == "s3" else ""
    if any(address in text for address in _METADATA_SERVICE):
        return Trouble("no credentials were found", f"set {credentials}{anybody}", False)
    status = _STATUS.search(text)
    if text.endswith("builder error"):
        return Trouble("an endpoint without TLS is not allowed", "set AWS_ALLOW_HTTP=true if it is yours", False)
    if status is None:
        if "error sending request" in text:
            return Trouble("the bucket cannot be reached", f"check the network and {endpoint}", True)
        return Trouble(reason_of(error), f"check the address and {endpoint}", True)
    number = int(status.group(1))
    code, message = _CODE.search(text), _MESSAGE.search(text)
    name = code.group(1) if code else (status.group(2) or "").strip()
    said = f"the bucket answers {number} {name}".rstrip() + (f" ({message.group(1)})" if message else "")
    if name in _REMEDIES:
        return Trouble(said, _REMEDIES[name], False)
    if number in (400, 401, 403):
        return Trouble(said, f"set {credentials} of somebody who may use it{anybody}", False)
    if number == 404:
        return Trouble("the bucket does not have it", "check the address", False)
    return Trouble(said, f"check the address and {endpoint}", number in RETRY_STATUS)


def reason_of(error: Exception) -> str:
    """The first line of an error of obstore's; it goes on with a dump."""
    text = str(error).partition("Debug source")[0].strip().partition("\n")[0]
    return text.rstrip(".") or type(error).__name__
