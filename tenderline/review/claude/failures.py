"""What went wrong on the way to Claude and back: what may pass, what won't, and what another model may mend.

The SDK's own hierarchy does not hold everything: broken JSON, transport errors in mid-stream and assertions come as they are. Nothing of an
exception's text is passed on (it may hold the key or the document), but for the service's own words on an invalid request.
"""

from __future__ import annotations

import ssl

from tenderline.errors import TenderlineError, TransientError, UpstreamError
from tenderline.review.claude.link import ReplyTooLong
from tenderline.review.claude.statuses import BASE_URL_HINT, Failure, status_failure


def failure_of(error: BaseException, model: str, *, bedrock: bool = False, secret: str = "") -> Failure:
    """Read an exception of a request to ``model``. ``secret`` is the key: it is taken out of whatever is passed on."""
    if isinstance(error, TenderlineError):
        return Failure(error)
    if isinstance(error, ImportError):
        return Failure(
            UpstreamError("The library that talks to Claude is not installed.", hint="Install the packages of requirements.txt.")
        )
    if isinstance(error, ReplyTooLong):
        return Failure(UpstreamError("Claude's answer was far longer than asked for and was not read.", hint=BASE_URL_HINT))
    import anthropic

    if isinstance(error, anthropic.APIStatusError):
        return status_failure(error, model, bedrock=bedrock, secret=secret)
    causes = _causes(error)
    return Failure(_misconfigured(causes, bedrock) or _broken(error, causes))


def _misconfigured(causes: list[BaseException], bedrock: bool) -> UpstreamError | None:
    """Failures before anything was sent, which stay until somebody changes a setting."""
    import anthropic
    import httpx2

    for cause in causes:
        match cause:
            case httpx2.LocalProtocolError() | UnicodeEncodeError():
                return UpstreamError(
                    "The API key holds characters that no key has.", hint="Set ANTHROPIC_API_KEY again, without quotes or spaces."
                )
            case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
                return UpstreamError(
                    "The address of Claude's service is not a web address.", hint="Set ANTHROPIC_BASE_URL to https://…, or leave it empty."
                )
            case ssl.SSLCertVerificationError():
                return UpstreamError(
                    "The certificate of Claude's service is not trusted.", hint="Check the proxy and the system's certificates."
                )
            case _ if isinstance(cause, anthropic.CredentialsError) or (type(cause) is TypeError and "authentication" in str(cause)):
                return UpstreamError("There is no usable credential for Claude.", hint="Set ANTHROPIC_API_KEY.")
            case _ if bedrock and _lacks_aws_credentials(cause):
                return UpstreamError(
                    "There are no AWS credentials for Bedrock.", hint="Set AWS_PROFILE, AWS_ACCESS_KEY_ID or AWS_BEARER_TOKEN_BEDROCK."
                )
    return None


def _lacks_aws_credentials(cause: BaseException) -> bool:
    # The SDK raises a plain RuntimeError when boto3's session has none; boto3 has a dozen classes for profiles, tokens and files.
    kind = type(cause)
    aws = kind.__module__.partition(".")[0] in ("boto3", "botocore")
    return (kind is RuntimeError and "credential" in str(cause)) or (
        aws and any(word in kind.__name__ for word in ("Credential", "Profile", "Token", "Config"))
    )


def _broken(error: BaseException, causes: list[BaseException]) -> TransientError:
    """Failures on the way, which need not happen the next time."""
    import anthropic
    import httpx2

    if any(isinstance(cause, (anthropic.APITimeoutError, httpx2.TimeoutException, TimeoutError)) for cause in causes):
        return TransientError("Claude did not answer in time.")
    if isinstance(error, anthropic.APIConnectionError):
        return TransientError("Claude could not be reached.", hint="Check the network and ANTHROPIC_BASE_URL.")
    if isinstance(error, (httpx2.HTTPError, httpx2.StreamError, OSError)):
        return TransientError("The connection to Claude broke off in the middle of its answer.")
    # JSONDecodeError, UnicodeDecodeError, ValidationError, AssertionError (a stream that never starts), events out of order, frames whose
    # checksum is wrong: the answer was damaged.
    return TransientError("Claude's answer arrived damaged.", hint=BASE_URL_HINT)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from, outermost first."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain and len(chain) < 10:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain
