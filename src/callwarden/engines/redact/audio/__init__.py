from ._dtmf import find_dtmf
from ._decode import decode
from ._encode import encode_flac
from ._model import *
from ._errors import *
