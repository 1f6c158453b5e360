"""What a connection file says about Acme."""

from pydantic import Field, SecretStr

from connectors.protocol import Settings


class AcmeSettings(Settings):
    """Where Acme is, and who we are there."""

    url: str = Field(description="The account's address.", examples=["https://acme.example"])
    token: SecretStr = Field(description="An API token; `${ACME_TOKEN}` takes it from .env.")
    page_size: int = Field(default=100, ge=1, description="Records per read call.")
    timeout: float = Field(default=30, gt=0, description="Seconds to wait for an answer.")
