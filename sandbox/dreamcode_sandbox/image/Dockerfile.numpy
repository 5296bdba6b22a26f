# Adds numpy to an ordinary Python image, where the runner looks for it.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --target /opt/packages numpy
